-- The smallest append by itself: a producer that waits for each answer pays for every statement.

CREATE FUNCTION skein.append_one(
    of_shard integer, of_epoch bigint, new_position bigint, new_version bigint, of_stream text,
    new_hash bytea, new_bytes bytea, of_scope text, new_command uuid, new_content bytea
) RETURNS TABLE (kind "char", at integer, number bigint, amount bigint, hash bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    -- Looked at without a lock: whatever is committed between this and the lock moves the head, and
    -- then the head is not the one that is asked for.
    IF NOT EXISTS (
           SELECT FROM skein.receipts AS r
           WHERE r.scope = of_scope AND r.command_id = new_command)
       AND new_version - 1 = coalesce(
           (SELECT e.version FROM skein.events AS e
            WHERE e.stream = of_stream ORDER BY e.version DESC LIMIT 1), 0) THEN
        UPDATE skein.shard_heads AS h
        SET position = new_position, hash = new_hash
        WHERE h.shard = of_shard AND h.epoch = of_epoch AND h.position = new_position - 1;
        IF FOUND THEN
            WITH receipt AS (
                INSERT INTO skein.receipts
                    (scope, command_id, first_position, event_count, content_hash)
                VALUES (of_scope, new_command, new_position, 1, new_content))
            INSERT INTO skein.events (shard, position, version, stream, hash, bytes)
            VALUES (of_shard, new_position, new_version, of_stream, new_hash, new_bytes);
            RETURN;
        END IF;
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
COMMENT ON FUNCTION skein.append_one IS 'skein.append of one batch with one command and its one event: the same promises, the same answers, fewer statements.';

REVOKE ALL ON FUNCTION skein.append_one FROM PUBLIC;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skein_app') THEN
        RETURN;
    END IF;
    GRANT EXECUTE ON FUNCTION skein.append_one TO skein_app;
END $$;
