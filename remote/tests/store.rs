//! The stores against a folder and against a server on the loopback interface.

use std::time::{Duration, Instant};

use ovenbird_remote::Store;
use ovenbird_tests::server::{Behaviour, Server};

const WAIT: Duration = Duration::from_secs(20);

/// Stores, reads back, does not replace, and finds nothing where nothing is.
fn check(store: &Store) {
    assert_eq!(store.get("l1/abc", 100, WAIT), Ok(None));
    store.put("l1/abc", b"content", WAIT).expect("stored");
    assert_eq!(store.get("l1/abc", 100, WAIT), Ok(Some(b"content".to_vec())));
    store.put("l1/abc", b"content", WAIT).expect("the same again is no error");
    assert_eq!(store.get("l1/abc", 7, WAIT), Ok(Some(b"content".to_vec())));
    assert!(store.get("l1/abc", 6, WAIT).is_err(), "longer than allowed");
    assert_eq!(store.get("cas/none", 100, WAIT), Ok(None));
}

fn http(server: &Server) -> Store {
    Store::open(&format!("http://{}/folder/", server.address())).expect("a URL")
}

fn s3(server: &Server) -> Store {
    let endpoint = format!("http://{}", server.address());
    let settings = [
        ("aws_endpoint", endpoint.as_str()),
        ("aws_access_key_id", "id"),
        ("aws_secret_access_key", "secret"),
        ("aws_region", "us-east-1"),
    ];
    Store::with_settings("s3://bucket/folder", &settings).expect("a URL")
}

#[test]
fn a_folder() {
    let folder = tempfile::tempdir().expect("temp");
    let store = Store::open(&format!("file://{}/new", folder.path().display())).expect("a URL");
    check(&store);
    assert_eq!(std::fs::read(folder.path().join("new/l1/abc")).expect("a file"), b"content");
    store.put("l1/abc", b"other", WAIT).expect("no error");
    assert_eq!(store.get("l1/abc", 100, WAIT), Ok(Some(b"content".to_vec())), "the first one stays");
}

/// Without `from_absolute_path` in `remote/src/lib.rs`: where a share is not mounted nothing runs, or it fills the disk.
#[test]
fn a_folder_that_is_not_there_is_made_by_storing_only() {
    let folder = tempfile::tempdir().expect("temp");
    let path = folder.path().join("a share/50% & ü");
    let url = url::Url::from_file_path(&path).expect("an absolute path");
    let store = Store::open(url.as_str()).expect("it need not be there");
    assert_eq!(store.get("l1/abc", 100, WAIT), Ok(None));
    assert!(!folder.path().join("a share").exists());
    check(&store);
    assert_eq!(std::fs::read(path.join("l1/abc")).expect("a file"), b"content");
    let nowhere = Store::open("file:///proc/no/such/folder").expect("nor need it be possible");
    assert_eq!(nowhere.get("l1/abc", 100, WAIT), Ok(None));
    assert!(nowhere.put("l1/abc", b"content", WAIT).is_err());
}

/// Without `trouble` in `remote/src/lib.rs`: a folder that is misspelt is as good as an empty one.
#[test]
fn a_folder_that_is_not_there_is_told_from_an_empty_one() {
    let folder = tempfile::tempdir().expect("temp");
    let trouble = |path: &str| {
        let store = Store::open(&format!("file://{}{path}", folder.path().display())).expect("a URL");
        assert_eq!(store.get("l1/abc", 100, WAIT), Ok(None));
        store.trouble()
    };
    assert_eq!(trouble(""), None);
    assert_eq!(trouble("/misspelt").as_deref(), Some("there is no such folder"));
    std::fs::write(folder.path().join("file"), "").expect("written");
    let file = Store::open(&format!("file://{}/file", folder.path().display())).expect("a URL");
    assert_eq!(file.trouble().as_deref(), Some("it is no folder"));
    assert_eq!(http(&Server::start()).trouble(), None);
}

/// Without `NO_BUCKET` in `remote/src/lib.rs`: a bucket that is misspelt is as good as an empty one.
#[test]
fn a_bucket_that_is_not_there_is_told_from_a_key_that_is_absent() {
    let server = Server::start();
    let says = |words| {
        server.behave(Behaviour::Absent(words));
        s3(&server).get("l1/abc", 100, WAIT)
    };
    assert_eq!(says("<Error><Code>NoSuchKey</Code><Key>folder/NoSuchBucket</Key></Error>"), Ok(None));
    let error = says("<Error><Code>NoSuchBucket</Code><Message>no</Message></Error>");
    assert_eq!(error.expect_err("no answer").to_string(), "there is no such bucket");
}

#[test]
fn an_http_server() {
    let server = Server::start();
    check(&http(&server));
    check(&Store::open(&format!("http://{}", server.address())).expect("a URL"));
    let stored: Vec<String> = server.objects().keys().cloned().collect();
    assert_eq!(stored, ["/folder/l1/abc", "/l1/abc"]);
}

#[test]
fn an_s3_compatible_server() {
    let server = Server::start();
    let store = s3(&server);
    check(&store);
    assert!(server.objects().contains_key("/bucket/folder/l1/abc"));
    store.put("l1/abc", b"other", WAIT).expect("no error");
    assert_eq!(store.get("l1/abc", 100, WAIT), Ok(Some(b"content".to_vec())), "the first one stays");
}

#[test]
fn errors_are_errors_and_are_not_retried() {
    let server = Server::start();
    for store in [http(&server), s3(&server)] {
        for behaviour in [Behaviour::Status(403), Behaviour::Status(500), Behaviour::Noise] {
            server.behave(behaviour);
            server.requests();
            assert!(store.get("l1/abc", 100, WAIT).is_err(), "{behaviour:?}");
            assert!(server.requests().len() <= 1, "{behaviour:?}");
        }
    }
}

#[test]
fn a_slow_server_is_not_waited_for() {
    let server = Server::start();
    server.behave(Behaviour::Slow(Duration::from_secs(5)));
    let started = Instant::now();
    assert!(http(&server).get("l1/abc", 100, Duration::from_millis(50)).is_err());
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[test]
fn only_known_schemes_and_no_password_in_the_name() {
    for url in ["ftp://host/x", "nothing", "gs://bucket"] {
        assert!(Store::open(url).is_err(), "{url}");
    }
    let store = Store::open("http://user:word@127.0.0.1:1/x/?token=1").expect("a URL");
    assert_eq!(store.name(), "http://127.0.0.1:1/x/");
}
