-- The end of a stream is looked up by its version and not as the last of all: a backward scan reads
-- every version that stands on the page of the index, which took a fifth of an append of many rows.

CREATE OR REPLACE FUNCTION skein.append(
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
               -- That nothing stands behind it, the unique index of the versions says below.
               SELECT FROM unnest(stream_name, stream_before) AS s (name, before)
               WHERE s.before > 0 AND NOT EXISTS (
                   SELECT FROM skein.events AS e
                   WHERE e.stream = s.name AND e.version = s.before)) THEN
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

CREATE OR REPLACE FUNCTION skein.append_one(
    of_shard integer, of_epoch bigint, new_position bigint, new_version bigint, of_stream text,
    new_hash bytea, new_bytes bytea, of_scope text, new_command uuid, new_content bytea
) RETURNS TABLE (kind "char", at integer, number bigint, amount bigint, hash bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    -- The sub-selects look without a lock: whatever is committed between that and the lock moves the
    -- head, and then the head is not the one that is asked for.
    UPDATE skein.shard_heads AS h
    SET position = new_position, hash = new_hash
    WHERE h.shard = of_shard AND h.epoch = of_epoch AND h.position = new_position - 1
      AND NOT EXISTS (
          SELECT FROM skein.receipts AS r
          WHERE r.scope = of_scope AND r.command_id = new_command)
      AND (new_version = 1 OR EXISTS (
          SELECT FROM skein.events AS e
          WHERE e.stream = of_stream AND e.version = new_version - 1))
      AND NOT EXISTS (
          SELECT FROM skein.events AS e
          WHERE e.stream = of_stream AND e.version = new_version);
    IF FOUND THEN
        WITH receipt AS (
            INSERT INTO skein.receipts
                (scope, command_id, first_position, event_count, content_hash)
            VALUES (of_scope, new_command, new_position, 1, new_content))
        INSERT INTO skein.events (shard, position, version, stream, hash, bytes)
        VALUES (of_shard, new_position, new_version, of_stream, new_hash, new_bytes);
        RETURN;
    END IF;
    RETURN QUERY
        SELECT a.kind, a.at, a.number, a.amount, a.hash
        FROM skein.append(
            ARRAY[of_shard], ARRAY[of_epoch], ARRAY[new_position - 1], ARRAY[new_position],
            ARRAY[new_hash], ARRAY[1], ARRAY[of_scope], ARRAY[new_command], ARRAY[new_position],
            ARRAY[1], ARRAY[new_content], ARRAY[1], ARRAY[of_stream], ARRAY[new_version - 1],
            ARRAY[1], ARRAY[new_position], ARRAY[new_version], ARRAY[of_stream], ARRAY[new_hash],
            ARRAY[new_bytes]) AS a;
END $$;
