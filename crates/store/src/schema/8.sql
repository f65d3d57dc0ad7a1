-- Schema 8: decisions and how far each is, so that whoever waits for one can see it from another process.

CREATE TABLE decision (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  -- The folder with its record and its report; one decision a folder.
  out TEXT NOT NULL UNIQUE,
  begun TEXT NOT NULL,
  told TEXT NOT NULL,
  stage TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  total INTEGER,
  -- 'running', 'decided' or 'stopped'.
  state TEXT NOT NULL DEFAULT 'running',
  -- The verdict, or why it stopped.
  words TEXT NOT NULL DEFAULT ''
) STRICT;
