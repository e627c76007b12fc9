//! The object stores of `ovenbird-remote` as a source of a remote tier.

use std::time::Duration;

use ovenbird_remote::{Store, StoreError};

use super::{RemoteError, RemoteSource};

impl RemoteSource for Store {
    fn get(&self, path: &str, limit: usize, wait: Duration) -> Result<Option<Vec<u8>>, RemoteError> {
        Store::get(self, path, limit, wait).map_err(RemoteError::from)
    }

    fn put(&self, path: &str, bytes: &[u8], wait: Duration) -> Result<(), RemoteError> {
        Store::put(self, path, bytes, wait).map_err(RemoteError::from)
    }

    fn name(&self) -> String {
        Store::name(self).to_owned()
    }

    fn trouble(&self) -> Option<String> {
        Store::trouble(self)
    }
}

impl From<StoreError> for RemoteError {
    fn from(error: StoreError) -> Self {
        RemoteError(error.to_string())
    }
}
