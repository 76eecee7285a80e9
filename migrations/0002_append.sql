-- The functions that write. Each is one call, one transaction, one round trip.
--
-- Settings on them: names are looked up in skein alone. Plans are made once in a session, perhaps
-- while the tables are still empty, so what would be a bad plan for large tables is switched off.

CREATE FUNCTION skein.create_store(
    new_store_id uuid, new_incarnation uuid, new_shard_count integer, new_secret bytea,
    first_hash bytea
) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO skein.store (store_id, incarnation, shard_count, secret)
    VALUES (new_store_id, new_incarnation, new_shard_count, new_secret)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO skein.shard_heads (shard, hash)
    SELECT n, first_hash FROM generate_series(0, new_shard_count - 1) AS n;
    INSERT INTO skein.leases (shard)
    SELECT n FROM generate_series(0, new_shard_count - 1) AS n;
    RETURN true;
END $$;
COMMENT ON FUNCTION skein.create_store IS 'Makes the store where there is none. Returns whether it did.';

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
DECLARE
    refused integer[] := '{}';
    is_next boolean;
    moved bigint;
BEGIN
    -- The rows of the shards are locked first, in the order of shards, so that two appends never wait
    -- for one another. Every statement behind that sees what was committed before the locks were
    -- given: an append of the same commands whose connection was lost has ended by then, or will find
    -- what this one wrote.
    IF cardinality(batch_shard) = 1 AND cardinality(command_uuid) <= 8
       AND cardinality(event_bytes) <= 8 THEN
        -- Few rows one by one: short statements cost a third of sets.
        SELECT h.epoch = batch_epoch[1] AND h.position = batch_expected[1] INTO is_next
        FROM skein.shard_heads AS h WHERE h.shard = batch_shard[1] FOR UPDATE;
        is_next := coalesce(is_next, false);
        FOR i IN 1 .. cardinality(command_uuid) LOOP
            EXIT WHEN NOT is_next;
            is_next := NOT EXISTS (
                SELECT FROM skein.receipts AS r
                WHERE r.scope = command_scope[i] AND r.command_id = command_uuid[i]);
        END LOOP;
        FOR i IN 1 .. cardinality(stream_name) LOOP
            EXIT WHEN NOT is_next;
            is_next := stream_before[i] = coalesce(
                (SELECT e.version FROM skein.events AS e
                 WHERE e.stream = stream_name[i] ORDER BY e.version DESC LIMIT 1), 0);
        END LOOP;
        IF is_next THEN
            FOR i IN 1 .. cardinality(command_uuid) LOOP
                INSERT INTO skein.receipts
                    (scope, command_id, first_position, event_count, content_hash)
                VALUES (command_scope[i], command_uuid[i], command_first[i], command_events[i],
                        command_content[i]);
            END LOOP;
            FOR i IN 1 .. cardinality(event_bytes) LOOP
                INSERT INTO skein.events (shard, position, version, stream, hash, bytes)
                VALUES (batch_shard[1], event_position[i], event_version[i], event_stream[i],
                        event_hash[i], event_bytes[i]);
            END LOOP;
            UPDATE skein.shard_heads AS h
            SET position = batch_last[1], hash = coalesce(batch_hash[1], h.hash)
            WHERE h.shard = batch_shard[1] AND h.epoch = batch_epoch[1]
              AND h.position = batch_expected[1];
            GET DIAGNOSTICS moved = ROW_COUNT;
        ELSE
            refused := '{1}';
        END IF;
    ELSE
        PERFORM FROM skein.shard_heads AS h
        WHERE h.shard = ANY (batch_shard)
        ORDER BY h.shard FOR UPDATE;

        refused := ARRAY(
            SELECT b.n::integer
            FROM unnest(batch_shard, batch_epoch, batch_expected)
                 WITH ORDINALITY AS b (shard, epoch, expected, n)
            WHERE NOT EXISTS (
                SELECT FROM skein.shard_heads AS h
                WHERE h.shard = b.shard AND h.epoch = b.epoch AND h.position = b.expected)
            UNION
            SELECT c.batch
            FROM unnest(command_batch, command_scope, command_uuid) AS c (batch, scope, id)
            WHERE EXISTS (
                SELECT FROM skein.receipts AS r WHERE r.scope = c.scope AND r.command_id = c.id)
            UNION
            SELECT s.batch
            FROM unnest(stream_batch, stream_name, stream_before) AS s (batch, name, before)
            WHERE s.before <> coalesce(
                (SELECT e.version FROM skein.events AS e
                 WHERE e.stream = s.name ORDER BY e.version DESC LIMIT 1), 0));

        INSERT INTO skein.receipts (scope, command_id, first_position, event_count, content_hash)
        SELECT c.scope, c.id, c.first, c.events, c.content
        FROM unnest(command_batch, command_scope, command_uuid, command_first, command_events,
                    command_content) AS c (batch, scope, id, first, events, content)
        WHERE c.batch <> ALL (refused);

        INSERT INTO skein.events (shard, position, version, stream, hash, bytes)
        SELECT batch_shard[e.batch], e.position, e.version, e.stream, e.hash, e.bytes
        FROM unnest(event_batch, event_position, event_version, event_stream, event_hash,
                    event_bytes) AS e (batch, position, version, stream, hash, bytes)
        WHERE e.batch <> ALL (refused);

        UPDATE skein.shard_heads AS h
        SET position = b.last, hash = coalesce(b.hash, h.hash)
        FROM unnest(batch_shard, batch_epoch, batch_expected, batch_last, batch_hash)
             WITH ORDINALITY AS b (shard, epoch, expected, last, hash, n)
        WHERE h.shard = b.shard AND h.epoch = b.epoch AND h.position = b.expected
          AND b.n <> ALL (refused);
        GET DIAGNOSTICS moved = ROW_COUNT;
    END IF;
    IF coalesce(moved, 0) <> cardinality(batch_shard) - cardinality(refused) THEN
        RAISE EXCEPTION 'a head moved though its row was locked' USING ERRCODE = 'XX001';
    END IF;

    IF cardinality(refused) = 0 AND array_position(batch_hash, NULL) IS NULL THEN
        RETURN;
    END IF;

    RETURN QUERY
        SELECT 'e'::"char", b.n::integer, h.position, h.epoch, h.hash
        FROM unnest(batch_shard, batch_hash) WITH ORDINALITY AS b (shard, hash, n)
        JOIN skein.shard_heads AS h ON h.shard = b.shard
        WHERE b.hash IS NULL AND b.n <> ALL (refused);
    -- What stands, so that the caller can say why.
    RETURN QUERY
        SELECT 'h'::"char", b.n::integer, h.position, h.epoch, h.hash
        FROM unnest(batch_shard) WITH ORDINALITY AS b (shard, n)
        JOIN skein.shard_heads AS h ON h.shard = b.shard
        WHERE b.n = ANY (refused);
    RETURN QUERY
        SELECT 'r'::"char", c.n::integer, r.first_position, r.event_count::bigint, r.content_hash
        FROM unnest(command_batch, command_scope, command_uuid)
             WITH ORDINALITY AS c (batch, scope, id, n)
        JOIN skein.receipts AS r ON r.scope = c.scope AND r.command_id = c.id
        WHERE c.batch = ANY (refused);
    RETURN QUERY
        SELECT 's'::"char", s.n::integer, e.version, NULL::bigint, NULL::bytea
        FROM unnest(stream_batch, stream_name) WITH ORDINALITY AS s (batch, name, n)
        CROSS JOIN LATERAL (
            SELECT x.version FROM skein.events AS x
            WHERE x.stream = s.name ORDER BY x.version DESC LIMIT 1) AS e
        WHERE s.batch = ANY (refused);
END $$;
COMMENT ON FUNCTION skein.append IS 'Appends batches of several shards, each whole or not at all: a batch is written if its epoch is the epoch of the shard, its expected position the head, none of its commands has a receipt, and its streams end where it says. No rows: all were written. e: the head (position, epoch, hash) of a batch that was written and has no events (its batch_hash is null). Otherwise, for the batches that were not: h their heads (position, epoch, hash), r the receipts that stand (first position, count, content hash), s the versions of their streams. Column at is the place in the arrays given, from 1.';

CREATE FUNCTION skein.take_over(of_shard integer) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE skein.shard_heads SET epoch = epoch + 1 WHERE shard = of_shard RETURNING epoch
$$;
COMMENT ON FUNCTION skein.take_over IS 'Raises the epoch of a shard and returns it: appends with an older one are refused from then on.';

CREATE FUNCTION skein.put_snapshot(of_stream text, at_version bigint, new_bytes bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month timestamptz := date_trunc('month', now(), 'UTC');
    partition text := 'snapshots_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
    IF to_regclass('skein.' || partition) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('skein.snapshots'));
        EXECUTE format('CREATE TABLE IF NOT EXISTS skein.%I PARTITION OF skein.snapshots '
                       'FOR VALUES FROM (%L) TO (%L)',
                       partition, month, date_trunc('month', month + interval '32 days', 'UTC'));
    END IF;
    DELETE FROM skein.snapshots WHERE stream = of_stream AND version = at_version;
    INSERT INTO skein.snapshots (stream, version, bytes)
    VALUES (of_stream, at_version, new_bytes);
END $$;
COMMENT ON FUNCTION skein.put_snapshot IS 'Keeps a recovery point; makes the partition of the month where it is not there yet.';
