"""Who is asking: passwords, sign-ins, enrolment codes, tokens. No HTTP here."""
