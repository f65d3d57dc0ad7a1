-- Schema 9: since when somebody has had an item before them, so that nobody is said to have been at it for longer.

-- 0: an earlier build gave it, and did not say when.
ALTER TABLE lease ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE held_once ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
-- When this person was last shown rows of many items, or answered some of them.
ALTER TABLE member ADD COLUMN rows_at INTEGER;
