"""HTTP: one controller a noun; `create_app` in `app.py` puts everything together."""
