"""Background work: APScheduler ticks, PostgreSQL says what is due."""
