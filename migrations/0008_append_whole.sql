-- Appends of many rows: what nearly always is so, that no batch is refused, is tried first. The
-- function that tells the batches apart looks for every command among the receipts before it writes
-- them; here the unique index of the receipts says so while they are written.

ALTER FUNCTION skein.append RENAME TO append_apart;

CREATE FUNCTION skein.append(
    batch_shard integer[], batch_epoch bigint[], batch_expected bigint[], batch_last bigint[],
    batch_hash bytea[],
    command_batch integer[], command_scope text[], command_uuid uuid[], command_first bigint[],
    command_events integer[], command_content bytea[],
    stream_batch integer[], stream_name text[], stream_before bigint[],
    event_batch integer[], event_position bigint[], event_version bigint[], event_stream text[],
    event_hash bytea[], event_bytes bytea[]
) RETURNS TABLE (kind "char", at integer, number bigint, amount bigint, hash bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    moved bigint;
BEGIN
    IF cardinality(event_bytes) > 8 AND array_position(batch_hash, NULL) IS NULL THEN
        -- Before the block below, so that an exception in it does not give the locks back.
        PERFORM FROM skein.shard_heads AS h
        WHERE h.shard = ANY (batch_shard)
        ORDER BY h.shard FOR UPDATE;

        IF NOT EXISTS (
               SELECT FROM unnest(batch_shard, batch_epoch, batch_expected)
                   AS b (shard, epoch, expected)
               WHERE NOT EXISTS (
                   SELECT FROM skein.shard_heads AS h
                   WHERE h.shard = b.shard AND h.epoch = b.epoch AND h.position = b.expected))
           AND NOT EXISTS (
               SELECT FROM unnest(stream_name, stream_before) AS s (name, before)
               WHERE s.before <> coalesce(
                   (SELECT e.version FROM skein.events AS e
                    WHERE e.stream = s.name ORDER BY e.version DESC LIMIT 1), 0)) THEN
            BEGIN
                -- Lists are walked in the SELECT and not in FROM, which would write each of them to
                -- a store of its own first.
                INSERT INTO skein.receipts
                    (scope, command_id, first_position, event_count, content_hash)
                SELECT unnest(command_scope), unnest(command_uuid), unnest(command_first),
                       unnest(command_events), unnest(command_content);

                INSERT INTO skein.events (shard, position, version, stream, hash, bytes)
                SELECT batch_shard[e.batch], e.position, e.version, e.stream, e.hash, e.bytes
                FROM (SELECT unnest(event_batch) AS batch, unnest(event_position) AS position,
                             unnest(event_version) AS version, unnest(event_stream) AS stream,
                             unnest(event_hash) AS hash, unnest(event_bytes) AS bytes) AS e;

                UPDATE skein.shard_heads AS h
                SET position = b.last, hash = b.hash
                FROM unnest(batch_shard, batch_last, batch_hash) AS b (shard, last, hash)
                WHERE h.shard = b.shard;
                GET DIAGNOSTICS moved = ROW_COUNT;
                IF moved <> cardinality(batch_shard) THEN
                    RAISE EXCEPTION 'a head moved though its row was locked' USING ERRCODE = 'XX001';
                END IF;
                RETURN;
            EXCEPTION WHEN unique_violation THEN
                NULL;  -- a repeated command, most likely: which one is found out below
            END;
        END IF;
    END IF;
    RETURN QUERY
        SELECT a.kind, a.at, a.number, a.amount, a.hash
        FROM skein.append_apart(
            batch_shard, batch_epoch, batch_expected, batch_last, batch_hash,
            command_batch, command_scope, command_uuid, command_first, command_events,
            command_content, stream_batch, stream_name, stream_before,
            event_batch, event_position, event_version, event_stream, event_hash, event_bytes) AS a;
END $$;
COMMENT ON FUNCTION skein.append_apart IS 'skein.append where batches have to be told apart: those that are refused from those that are written.';
COMMENT ON FUNCTION skein.append IS 'Appends batches of several shards, each whole or not at all: a batch is written if its epoch is the epoch of the shard, its expected position the head, none of its commands has a receipt, and its streams end where it says. No rows: all were written. e: the head (position, epoch, hash) of a batch that was written and has no events (its batch_hash is null). Otherwise, for the batches that were not: h their heads (position, epoch, hash), r the receipts that stand (first position, count, content hash), s the versions of their streams. Column at is the place in the arrays given, from 1.';

REVOKE ALL ON FUNCTION skein.append FROM PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skein_app') THEN
        RETURN;
    END IF;
    REVOKE ALL ON FUNCTION skein.append_apart FROM skein_app;
    GRANT EXECUTE ON FUNCTION skein.append TO skein_app;
END $$;
