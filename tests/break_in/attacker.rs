//! Programs that ask for what they may not have, in every way that the language and the library allow.

use super::*;

/// Names under which the secret file, the environment or the host's memory could be reached from inside of the
/// grant. `{}` is the host's path of the folder that holds the grant.
const PATHS: [&str; 24] = [
    "../secret.pq",
    "../secret.txt",
    "./../secret.txt",
    "sub/../../secret.txt",
    "sub/../../../{}/secret.txt",
    "{}/secret.txt",
    "/{}/secret.txt",
    "file://{}/secret.txt",
    "link.pq",
    "link_folder/secret.txt",
    "link_absolute.pq",
    "link_of_link.pq",
    "/proc/self/environ",
    "/proc/self/mem",
    "/proc/self/maps",
    "/proc/self/fd/3",
    "/proc/self/root/etc/passwd",
    "link_proc/environ",
    "/dev/fd/3",
    "$OVENBIRD_TEST_SECRET",
    "~/secret.txt",
    "%2e%2e/secret.txt",
    "..\\secret.txt",
    "sub/..\u{0}/../secret.txt",
];

/// Programs that look for other things than files.
const PROGRAMS: [&str; 30] = [
    "import os\nprint(os.environ)\n",
    "import sys\nprint(sys.argv)\n",
    "print(open('/proc/self/environ').read())\n",
    "print(__import__('os').environ)\n",
    "print(globals())\n",
    "print(().__class__.__bases__[0].__subclasses__())\n",
    "print((lambda: 0).__globals__)\n",
    "exec('import os')\n",
    "eval('1 + 1')\n",
    "import ctypes\nprint(ctypes.string_at(0, 64))\n",
    "import secret\nprint(secret.KEY)\n",
    "import notes\nprint(notes.KEY)\n",
    "from .. import secret\n",
    "import link_module\nprint(link_module)\n",
    "from core.memory import load_u8\nprint(load_u8(0))\n",
    "import core.memory\nprint(core.memory)\n",
    "from builtins import _memory\nprint(_memory)\n",
    "print(__load_i64__(0))\n",
    "print(__intrinsic__('load', 0))\n",
    "import numpy as np\na = np.empty(4)\nprint(a[4], a[-5], a[1000000])\n",
    "import numpy as np\na = np.empty(4)\nprint(a[2:100], a[-100:], a[::-1][4:])\n",
    "import numpy as np\na = np.empty((2, 2))\nprint(a[2, 0], a[0, 2], a[-3, 0])\n",
    "import numpy as np\na = np.empty(3)\nb = a[1:]\ndel a\nprint(b[5])\n",
    "s = 'abc'\nprint(s[3], s[-4], s[1000])\n",
    "s = 'abc'\nprint(s[0:1000000], s[-1000000:], s[2:0:-1])\n",
    "print('%s' % 1, '{0.__class__}'.format(1))\n",
    "x = 1.0\nprint(f'{x:1000000000.1f}')\n",
    "x = [1, 2, 3]\nprint(x[3], x[-4])\n",
    "x = []\nfor i in range(100000):\n    x.append(i)\nprint(x[100000])\n",
    "import time\nt = time.time()\nprint('clock', t > 0.0)\n",
];

/// The grant with all kinds of links out of it, and beside it the secrets.
struct World {
    root: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().expect("a folder");
        let granted = root.path().join("granted");
        std::fs::create_dir_all(granted.join("sub")).expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(root.path().join(name), text).expect("a file");
        write("secret.txt", SECRET);
        write("secret.py", &format!("KEY = '{SECRET}'\n"));
        write("secret.pq", &format!("PAR1{SECRET}PAR1"));
        write("granted/honest.py", "KEY = 1\n");
        let link = |to: &str, name: &str| symlink(to, granted.join(name)).expect("a link");
        link("../secret.pq", "link.pq");
        link("..", "link_folder");
        link("link.pq", "link_of_link.pq");
        link("../secret.py", "notes.py");
        link("/proc/self", "link_proc");
        link(root.path().join("secret.pq").to_str().expect("UTF-8"), "link_absolute.pq");
        link(root.path().join("secret.py").to_str().expect("UTF-8"), "link_module.py");
        World { root }
    }

    fn granted(&self) -> PathBuf {
        self.root.path().join("granted")
    }

    fn path(&self, path: &str) -> String {
        path.replace("{}", self.root.path().to_str().expect("UTF-8").trim_start_matches('/'))
    }
}

/// A child of this program, in whose environment and memory the secret is: the same test, once more.
fn with_the_secret_around(test: &str) -> bool {
    if std::env::var_os("OVENBIRD_TEST_SECRET").is_some() {
        return true;
    }
    let status = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", test, "--nocapture"])
        .env("OVENBIRD_TEST_SECRET", SECRET)
        .status();
    assert!(status.expect("it runs").success(), "see above");
    false
}

fn compile_and_run(engine: &Engine, source: &Source, tenant: &Tenant) -> String {
    match engine.compile(source) {
        Ok(program) => seen(&program.run(tenant, Output::Capture(Vec::new()))),
        Err(error) => format!("{error} {error:?}"),
    }
}

/// Without `resolve` in `host/src/grants.rs`, the closed table of `imports` in `compiler/src/artifact.rs`, or
/// `quote` in `host/src/grants.rs`: something of what is asked for shows.
#[test]
fn no_secret_comes_out_whatever_is_asked() {
    if !with_the_secret_around("attacker::no_secret_comes_out_whatever_is_asked") {
        return;
    }
    let world = World::new();
    let host = world.root.path().to_str().expect("UTF-8").to_owned();
    // Much of it in the host's memory, too.
    let around: Vec<String> = (0..1000).map(|i| format!("{SECRET} {i}")).collect();
    for (place, builder) in engines() {
        let engine = builder.build().expect("an engine");
        let grants = project::grants(&world.granted()).clock(false);
        let tenant = mallory().grants(grants.clone());
        let mut asked = 0;
        for path in PATHS {
            let path = world.path(path);
            let literal = format!("{path:?}").replace("\\u{", "\\u00").replace('}', "");
            for program in [
                format!("import pandas as pd\nprint(pd.read_parquet({literal}))\n"),
                format!(
                    "import pandas as pd\n\ndef f(p):\n    return pd.read_parquet(p)\n\nprint(f({literal}))\n"
                ),
            ] {
                let text =
                    compile_and_run(&engine, &Source::new("m.py", program).grants(grants.clone()), &tenant);
                no_secret(&format!("{place}: {path}"), &text);
                assert!(!text.contains(&format!("{host}/granted")), "{place}: a host path: {text}");
                asked += 1;
            }
            let args = [Value::Str(path.clone())];
            let text = "import pandas as pd\n\n\ndef f(p):\n    return len(pd.read_parquet(p))\n";
            let source = Source::new("m.py", text).grants(grants.clone());
            let entry = engine.compile(&source).and_then(|program| program.entry_for("f", &args));
            let text = match entry {
                Ok(f) => seen(&f.call_with(&tenant, &args, Output::Capture(Vec::new()))),
                Err(error) => format!("{error} {error:?}"),
            };
            no_secret(&format!("{place}: an argument {path}"), &text);
        }
        for program in PROGRAMS {
            let source = Source::new("m.py", program).grants(grants.clone());
            let text = compile_and_run(&engine, &source, &tenant);
            no_secret(&format!("{place}: {program}"), &text);
            assert!(!text.contains("clock True"), "{place}: the clock is not granted");
            asked += 1;
        }
        assert_eq!(asked, 2 * PATHS.len() + PROGRAMS.len());
    }
    assert!(around.iter().all(|text| text.starts_with(SECRET)));
}

/// Without `options.read(true)` being all that `read_options` asks for in `host/src/grants.rs`: a file could be
/// written to.
#[test]
fn nothing_that_a_guest_may_see_is_changed_by_it() {
    let world = World::new();
    let list = || {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(world.granted()).expect("the folder").flatten() {
            let meta = std::fs::symlink_metadata(entry.path()).expect("an entry");
            all.push((entry.file_name(), meta.len(), meta.modified().expect("a time")));
        }
        all.sort();
        all
    };
    let before = list();
    let grants = project::grants(&world.granted());
    let tenant = mallory().grants(grants.clone());
    for (_, builder) in engines() {
        let engine = builder.build().expect("an engine");
        for program in [
            "import honest\nprint(honest.KEY)\n",
            "import pandas as pd\npd.read_parquet('honest.py')\n",
            "import pandas as pd\ndf = pd.read_parquet('new.pq')\ndf.to_parquet('new.pq')\n",
            "open('new.txt', 'w').write('x')\n",
            "print('x', file=open('new.txt', 'w'))\n",
        ] {
            compile_and_run(&engine, &Source::new("m.py", program).grants(grants.clone()), &tenant);
        }
    }
    assert_eq!(list(), before);
}
