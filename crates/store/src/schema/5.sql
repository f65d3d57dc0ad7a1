-- Schema 5: imports that hold nobody up, and an order of untouched items that nobody can work out.

-- The import under way; there is at most one. Its items have no task yet, so that nobody sees them, and no number below
-- `first`. A dataset that it makes has no name yet.
CREATE TABLE staging (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  first INTEGER NOT NULL,
  dataset INTEGER NOT NULL
) STRICT;

-- Goes into the shuffling of items; secret.
ALTER TABLE dataset ADD COLUMN salt TEXT NOT NULL DEFAULT '';
UPDATE dataset SET salt = lower(hex(randomblob(16)));
