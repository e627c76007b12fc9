//! Object stores for a remote cache: URL → bytes under paths. `file:///folder`, `http(s)://host/folder`,
//! `s3://bucket/folder`.
//!
//! A thin, blocking front of the `object_store` crate with a time limit on every access and a size limit on
//! every answer. It knows nothing of what the bytes mean, and trusts nothing: checking is up to its user.
//! Credentials come from the environment, as `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT`, ….
//! Nothing is retried: whoever waits for a cache would rather compile.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::path::Path;
use object_store::{
    ClientOptions, GetOptions, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig,
};
use tokio::runtime::Runtime;
use url::Url;

/// Part of an S3 server's answer if the bucket is not there.
const NO_BUCKET: &str = "<Code>NoSuchBucket</Code>";

/// What went wrong, in words. Never contains credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError(String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

fn failed(error: impl fmt::Display) -> StoreError {
    StoreError(error.to_string())
}

/// A folder of an object store.
pub struct Store {
    store: Arc<dyn ObjectStore>,
    folder: Path,
    runtime: Runtime,
    name: String,
    /// The folder of a `file:` URL.
    local: Option<PathBuf>,
}

impl Store {
    /// Opens a store with the credentials in the environment. Nothing is accessed yet.
    pub fn open(text: &str) -> Result<Store, StoreError> {
        Self::with_settings(text, &[])
    }

    /// The same with settings of the S3 client, which go before those of the environment: `aws_endpoint` and
    /// the like.
    pub fn with_settings(text: &str, settings: &[(&str, &str)]) -> Result<Store, StoreError> {
        let mut url = Url::parse(text).map_err(|error| StoreError(format!("`{text}` is no URL: {error}")))?;
        let (store, folder) = Self::store(&url, settings)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let local = if url.scheme() == "file" { url.to_file_path().ok() } else { None };
        // What is shown has no password in it.
        let _ = url.set_password(None);
        let _ = url.set_username("");
        url.set_query(None);
        Ok(Store { store, folder, runtime: runtime.map_err(failed)?, name: url.to_string(), local })
    }

    fn store(url: &Url, settings: &[(&str, &str)]) -> Result<(Arc<dyn ObjectStore>, Path), StoreError> {
        let retries = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        // Also without TLS: what is fetched is checked by its signature.
        let client = ClientOptions::new().with_allow_http(true);
        match url.scheme() {
            "file" => {
                let folder =
                    url.to_file_path().map_err(|()| StoreError(format!("`{url}` names no folder")))?;
                // By its path from the root: it is made by the first that stores something. A share that is not mounted just
                // now is no reason not to run, and reading makes nothing in its place.
                let folder = Path::from_absolute_path(folder).map_err(failed)?;
                Ok((Arc::new(object_store::local::LocalFileSystem::new()), folder))
            }
            "http" | "https" => {
                // Paths are appended after a slash.
                let mut url = url.clone();
                url.set_path(url.clone().path().trim_end_matches('/'));
                let builder = object_store::http::HttpBuilder::new().with_url(url.as_str());
                let store =
                    builder.with_client_options(client).with_retry(retries).build().map_err(failed)?;
                Ok((Arc::new(store), Path::default()))
            }
            "s3" => {
                let mut builder = object_store::aws::AmazonS3Builder::from_env().with_url(url.as_str());
                for (key, value) in settings {
                    builder = builder.with_config(key.parse().map_err(failed)?, *value);
                }
                let store =
                    builder.with_client_options(client).with_retry(retries).build().map_err(failed)?;
                Ok((Arc::new(store), Path::parse(url.path()).map_err(failed)?))
            }
            other => Err(StoreError(format!("`{other}:` is not supported: use file:, http:, https: or s3:"))),
        }
    }

    /// The URL, without credentials.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong with the place itself, if nothing lies under a path: a folder that is not there. Servers say so when they
    /// are asked for something.
    pub fn trouble(&self) -> Option<String> {
        match std::fs::metadata(self.local.as_ref()?) {
            Ok(found) if found.is_dir() => None,
            Ok(_) => Some("it is no folder".to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Some("there is no such folder".to_owned())
            }
            Err(error) => Some(error.to_string()),
        }
    }

    /// The bytes under a path; `None` if there are none. More than `limit` bytes are an error.
    pub fn get(&self, path: &str, limit: usize, wait: Duration) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(path);
        self.within(wait, async {
            let found = match self.store.get_opts(&path, GetOptions::default()).await {
                // An S3 server says of a bucket with another name what it says of a key that is absent, but with other words.
                Err(object_store::Error::NotFound { source, .. })
                    if source.to_string().contains(NO_BUCKET) =>
                {
                    return Err(StoreError("there is no such bucket".to_owned()));
                }
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                found => found.map_err(failed)?,
            };
            if found.meta.size > limit as u64 {
                return Err(StoreError(format!(
                    "`{path}` has {} bytes, {limit} are allowed",
                    found.meta.size
                )));
            }
            let bytes = found.bytes().await.map_err(failed)?;
            // The size was a claim.
            if bytes.len() > limit {
                Err(StoreError(format!("`{path}` is too long")))
            } else {
                Ok(Some(bytes.into()))
            }
        })
    }

    /// Stores bytes under a path. What lies there already stays, and is no error.
    pub fn put(&self, path: &str, bytes: &[u8], wait: Duration) -> Result<(), StoreError> {
        let path = self.path(path);
        let payload = PutPayload::from(bytes.to_vec());
        self.within(wait, async {
            let create = PutOptions::from(PutMode::Create);
            match self.store.put_opts(&path, payload.clone(), create).await {
                Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
                // A server without conditional writes: the same key always gets the same content.
                Err(
                    object_store::Error::NotImplemented { .. } | object_store::Error::NotSupported { .. },
                ) => self.store.put(&path, payload).await.map(drop).map_err(failed),
                Err(error) => Err(failed(error)),
            }
        })
    }

    fn path(&self, path: &str) -> Path {
        path.split('/').fold(self.folder.clone(), |folder, part| folder.join(part))
    }

    fn within<T>(
        &self,
        wait: Duration,
        access: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.runtime.block_on(async {
            tokio::time::timeout(wait, access)
                .await
                .unwrap_or_else(|_| Err(StoreError("it took too long".to_owned())))
        })
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("name", &self.name).finish_non_exhaustive()
    }
}
