//! The schema of the database: numbered migrations, each in one transaction, with a copy of the database taken first.

use std::fs::File;
use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;

/// In the header of the database (`PRAGMA application_id`): "blpl".
const APPLICATION_ID: i64 = 0x626C_706C;

/// Each makes the schema of its number, from 1, of the one before.
pub(crate) const MIGRATIONS: [&str; 5] = [
    include_str!("../../migrations/0001-inbox-and-queue.sql"),
    include_str!("../../migrations/0002-outbox.sql"),
    include_str!("../../migrations/0003-watched-files.sql"),
    include_str!("../../migrations/0004-people-and-reviews.sql"),
    include_str!("../../migrations/0005-storage-commitment.sql"),
];

/// The schema of a database: the number of the last migration; 0 for an empty one.
pub(crate) fn schema_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Refuses a database of another program, or of a later version of this one, and tells its schema.
pub(crate) fn check(connection: &Connection, database: &Path, known: usize) -> Result<i64, StoreError> {
    let read = StoreError::database(database, "the schema cannot be read");
    let numbers = || -> rusqlite::Result<(i64, i64, i64)> {
        Ok((
            schema_of(connection)?,
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?,
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?,
        ))
    };
    let (found, application, tables) = match numbers() {
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            return Err(StoreError::OtherDatabase { database: database.to_owned() });
        }
        numbers => numbers.map_err(read)?,
    };
    let known = known as i64;
    match (found, application) {
        (0, 0) if tables == 0 => Ok(0),
        (1.., APPLICATION_ID) if found <= known => Ok(found),
        (1.., APPLICATION_ID) => Err(StoreError::NewerSchema { database: database.to_owned(), found, known }),
        _ => Err(StoreError::OtherDatabase { database: database.to_owned() }),
    }
}

/// Brings a database to the last of these schemas. One that has an earlier schema is first copied into the folder
/// `copies`, as `schema-N.sqlite`.
///
/// # Errors
/// [`StoreError`]; the database then has a whole schema, that of the last migration that succeeded.
pub(crate) fn migrate(
    connection: &mut Connection,
    database: &Path,
    copies: &Path,
    migrations: &[&str],
) -> Result<(), StoreError> {
    let from = check(connection, database, migrations.len())?;
    if from > 0 && (from as usize) < migrations.len() {
        std::fs::create_dir_all(copies).map_err(StoreError::io(copies, "the folder cannot be created"))?;
        copy(connection, database, &copies.join(format!("schema-{from}.sqlite")))?;
    }
    for (index, sql) in migrations.iter().enumerate().skip(from as usize) {
        let apply = |connection: &mut Connection| -> rusqlite::Result<()> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute_batch(sql)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", index as i64 + 1)?;
            transaction.commit()
        };
        apply(connection).map_err(StoreError::database(database, "the schema cannot be migrated"))?;
    }
    Ok(())
}

/// Copies a database as it is at one moment, durably; a file that is there is replaced when the copy is whole.
pub(crate) fn copy(connection: &Connection, database: &Path, to: &Path) -> Result<(), StoreError> {
    let part = to.with_extension("part");
    let _ = std::fs::remove_file(&part);
    let write = |part: &Path| -> rusqlite::Result<()> {
        let mut target = Connection::open(part)?;
        // Pages that are copied at one go are those of one moment.
        rusqlite::backup::Backup::new(connection, &mut target)?.run_to_completion(
            i32::MAX,
            std::time::Duration::ZERO,
            None,
        )?;
        // A copy is one file.
        target.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
    };
    write(&part).map_err(StoreError::database(database, "the database cannot be copied"))?;
    // Windows synchronises only what may be written to.
    (File::options().write(true).open(&part))
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(&part, to))
        .map_err(StoreError::io(to, "the copy of the database cannot be written"))?;
    super::sync_folder(to.parent().unwrap_or(Path::new(".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_that_fails_midway_changes_nothing_and_a_copy_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.sqlite");
        let copies = folder.path().join("copies");
        let one = "CREATE TABLE a (b INTEGER); INSERT INTO a VALUES (7);";
        let bad = "CREATE TABLE c (d INTEGER); UPDATE a SET b = 8; CREATE TABLE a (b INTEGER);";
        let mut connection = Connection::open(&database).unwrap();
        migrate(&mut connection, &database, &copies, &[one]).unwrap();
        assert!(!copies.exists());
        let error = migrate(&mut connection, &database, &copies, &[one, bad]).unwrap_err();
        assert!(error.to_string().contains("the schema cannot be migrated"), "{error}");
        let state = |connection: &Connection| -> (i64, i64, i64) {
            let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
            let value = connection.query_row("SELECT b FROM a", [], |row| row.get(0)).unwrap();
            (schema_of(connection).unwrap(), tables, value)
        };
        assert_eq!(state(&connection), (1, 1, 7));
        assert_eq!(state(&Connection::open(copies.join("schema-1.sqlite")).unwrap()), (1, 1, 7));
        migrate(&mut connection, &database, &copies, &[one, "UPDATE a SET b = 9"]).unwrap();
        assert_eq!(state(&connection), (2, 1, 9));
    }

    #[test]
    fn databases_of_others_and_of_later_versions_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.sqlite");
        let mut connection = Connection::open(&database).unwrap();
        migrate(&mut connection, &database, folder.path(), &MIGRATIONS).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = migrate(&mut connection, &database, folder.path(), &MIGRATIONS).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("a.sqlite has schema 99, and this program knows schemas up to 5"), "{text}");
        let other = folder.path().join("b.sqlite");
        let mut connection = Connection::open(&other).unwrap();
        connection.execute_batch("CREATE TABLE theirs (a)").unwrap();
        let refused = |error: StoreError| matches!(error, StoreError::OtherDatabase { .. });
        assert!(refused(migrate(&mut connection, &other, folder.path(), &MIGRATIONS).unwrap_err()));
        std::fs::write(folder.path().join("c.sqlite"), "no database at all, but long enough".repeat(9)).unwrap();
        let third = folder.path().join("c.sqlite");
        let mut connection = Connection::open(&third).unwrap();
        assert!(refused(migrate(&mut connection, &third, folder.path(), &MIGRATIONS).unwrap_err()));
    }
}
