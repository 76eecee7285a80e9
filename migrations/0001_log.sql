-- The tables of the log. Everything stands in the schema skein; the migrator makes it.
-- Names are compared by bytes (COLLATE "C"), as everywhere else in skein.

CREATE TABLE skein.store (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    store_id uuid NOT NULL,
    incarnation uuid NOT NULL,
    shard_count integer NOT NULL CHECK (shard_count BETWEEN 1 AND 16384),
    secret bytea NOT NULL CHECK (octet_length(secret) = 32),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE skein.store IS 'What the store is. One row, written once.';
COMMENT ON COLUMN skein.store.only_row IS 'Always true, so that there is one row at most.';
COMMENT ON COLUMN skein.store.store_id IS 'Name of the store. The chain of hashes of every shard begins with its hash.';
COMMENT ON COLUMN skein.store.incarnation IS 'Changes when the log is restored: views above it are not believed then.';
COMMENT ON COLUMN skein.store.shard_count IS 'Number of shards, fixed when the store is made.';
COMMENT ON COLUMN skein.store.secret IS 'Keys the content hashes of receipts.';
COMMENT ON COLUMN skein.store.created_at IS 'When the store was made, by the clock of the database.';

-- The three tables that appends write have no CHECK constraints: Postgres reads those anew for every
-- statement, which doubled the cost of a small append. skein.append alone writes them, and checks.

-- A row is rewritten with every append of its shard: room on its page keeps that in place (HOT).
CREATE TABLE skein.shard_heads (
    shard integer PRIMARY KEY,
    position bigint NOT NULL DEFAULT 0,
    hash bytea NOT NULL,
    epoch bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
COMMENT ON TABLE skein.shard_heads IS 'The end of each shard. An append locks the row of its shard first, and whoever takes the shard over raises the epoch in it: so positions are dense, in the order of commits, and an owner of before writes nothing.';
COMMENT ON COLUMN skein.shard_heads.shard IS '0 to shard_count - 1.';
COMMENT ON COLUMN skein.shard_heads.position IS 'Position of the last event, 0 before the first.';
COMMENT ON COLUMN skein.shard_heads.hash IS 'Hash of the chain at that position.';
COMMENT ON COLUMN skein.shard_heads.epoch IS 'Term of the owner. Appends of another epoch are refused.';

CREATE TABLE skein.leases (
    shard integer PRIMARY KEY CHECK (shard >= 0),
    owner text COLLATE "C",
    address text COLLATE "C",
    expires_at timestamptz,
    CHECK (owner IS NULL OR expires_at IS NOT NULL)
) WITH (fillfactor = 50);
COMMENT ON TABLE skein.leases IS 'Who owns a shard, and until when. Apart from shard_heads, so that renewals never wait behind appends.';
COMMENT ON COLUMN skein.leases.shard IS '0 to shard_count - 1.';
COMMENT ON COLUMN skein.leases.owner IS 'Name of the node, or null where nobody owns the shard.';
COMMENT ON COLUMN skein.leases.address IS 'Where that node takes commands.';
COMMENT ON COLUMN skein.leases.expires_at IS 'End of the lease, by the clock of the database alone.';

CREATE TABLE skein.events (
    shard integer NOT NULL,
    position bigint NOT NULL,
    version bigint NOT NULL,
    stream text COLLATE "C" NOT NULL,
    hash bytea NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (shard, position),
    UNIQUE (stream, version)
);
COMMENT ON TABLE skein.events IS 'The events, the only truth. Rows are added by skein.append alone and never change.';
COMMENT ON COLUMN skein.events.shard IS 'Shard of the scope of the stream.';
COMMENT ON COLUMN skein.events.position IS 'Number within the shard: 1, 2, 3... without gaps, in the order of commits.';
COMMENT ON COLUMN skein.events.version IS 'Number within the stream: 1, 2, 3... without gaps.';
COMMENT ON COLUMN skein.events.stream IS 'Name of the stream, as in swarm/s1/run/r1.';
COMMENT ON COLUMN skein.events.hash IS 'Hash of the chain at this position.';
COMMENT ON COLUMN skein.events.bytes IS 'The envelope, exactly as it was given.';

CREATE TABLE skein.receipts (
    scope text COLLATE "C" NOT NULL,
    command_id uuid NOT NULL,
    first_position bigint NOT NULL,
    event_count integer NOT NULL,
    content_hash bytea NOT NULL,
    PRIMARY KEY (scope, command_id)
);
COMMENT ON TABLE skein.receipts IS 'The accepted commands. A command id is accepted once in its scope, for as long as the log is kept.';
COMMENT ON COLUMN skein.receipts.scope IS 'What the command belongs to, as in swarm/s1.';
COMMENT ON COLUMN skein.receipts.command_id IS 'The idempotency key that the producer gave.';
COMMENT ON COLUMN skein.receipts.first_position IS 'Position of the first of its events.';
COMMENT ON COLUMN skein.receipts.event_count IS 'How many events it made, from first_position on.';
COMMENT ON COLUMN skein.receipts.content_hash IS 'Keyed hash of the command: the same id with other content is an error.';

CREATE TABLE skein.snapshots (
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    bytes bytea NOT NULL,
    PRIMARY KEY (stream, version, created_at)
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE skein.snapshots IS 'Recovery points of streams, one partition a month (snapshots_YYYY_MM). They can always be made again from the events: an old month may be dropped.';
COMMENT ON COLUMN skein.snapshots.stream IS 'Name of the stream.';
COMMENT ON COLUMN skein.snapshots.version IS 'Version of the stream that the state is of.';
COMMENT ON COLUMN skein.snapshots.created_at IS 'When it was written, by the clock of the database; chooses the partition.';
COMMENT ON COLUMN skein.snapshots.bytes IS 'The state, exactly as it was given.';

-- Large envelopes are kept compressed by lz4 where the server has it: pglz costs ten times the time.
DO $$
BEGIN
    ALTER TABLE skein.events ALTER COLUMN bytes SET COMPRESSION lz4;
    ALTER TABLE skein.snapshots ALTER COLUMN bytes SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN
    NULL;
END $$;
