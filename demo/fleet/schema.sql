-- Licensed under the Apache License, Version 2.0; see LICENSE.
-- The database of make fleet-demo. docs/fleet.md has the same tables, with tenants.
CREATE TABLE cors_origins (
    origin text PRIMARY KEY CHECK (origin ~ '^[^[:space:]#\\]+$'),
    active boolean NOT NULL DEFAULT true
);
CREATE TABLE cors_version (version bigint NOT NULL);
INSERT INTO cors_version VALUES (1);

CREATE FUNCTION cors_origins_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE cors_version SET version = version + 1;
    PERFORM pg_notify('cors_origins', '');
    RETURN NULL;
END $$;
CREATE TRIGGER cors_origins_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON cors_origins
    FOR EACH STATEMENT EXECUTE FUNCTION cors_origins_changed();

CREATE ROLE cors LOGIN;
GRANT SELECT ON cors_origins, cors_version TO cors;
