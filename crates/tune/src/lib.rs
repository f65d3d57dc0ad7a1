//! Small models from a team's own judgements: data, trainers, the verdict whether to ship.
