//! What a restart must not change: the order of mods, their queues, and the state of mods that cannot run for a while.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use tests::{Project, log_by_tick, manifest};

#[test]
fn mods_go_on_in_the_order_in_which_they_ran() {
    let script =
        |id: &str| format!("colony.events.register('tick_start', function() print('{id}') end)");
    let depend = |version: &str, more: &str| {
        let text = manifest("alpha", version, more);
        format!(
            "write = {{ file = \"alpha/mod.toml\", text = '''\n{text}''' }}\nexpect = {{ outcome = \"committed\" }}\n\n"
        )
    };
    // alpha depends on beta for a while, and so runs after it, also when it no longer does.
    let steps = format!(
        "[[step]]\nat = 3\n{}[[step]]\nat = 5\n{}[[step]]\nat = 7\nlabel = \"restart\"\nrestart = true\n\n[[expect]]\nhash_equals = {{ without_step = \"restart\" }}\n",
        depend("1.1.0", "[dependencies]\nbeta = \"*\""),
        depend("1.2.0", "")
    );
    let record = Project::new()
        .lua_mod("alpha", "1.0.0", "", &script("alpha"))
        .lua_mod("beta", "1.0.0", "", &script("beta"))
        .scenario(9, &["alpha", "beta"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let log = log_by_tick(&record);
    assert_eq!(
        (&log[&2], &log[&9]),
        (
            &vec!["alpha".to_owned(), "beta".to_owned()],
            &vec!["beta".to_owned(), "alpha".to_owned()]
        )
    );
}

#[test]
fn a_mod_that_cannot_run_for_a_while_comes_back_to_its_state() {
    let library = "colony.state.define({ count = 0 })\ncolony.mods.export('count', function() colony.storage.count = colony.storage.count + 1 end)\n";
    let user = "colony.state.define({ calls = 0 })\ncolony.events.register('tick_start', function()\n  colony.mods.get('library').count()\n  colony.storage.calls = colony.storage.calls + 1\nend)\n";
    let write = |text: &str| {
        format!("write = {{ file = \"library/scripts/main.lua\", text = '''{text}''' }}\n")
    };
    // The restart finds a broken file; mending it brings back the mod, and then the one that depends on it (seed-corrections 45).
    let steps = format!(
        "[[step]]\nat = 5\n{}expect = {{ outcome = \"rolled_back\" }}\n\n[[step]]\nat = 6\nrestart = true\nexpect = {{ outcome = \"failed\", error = \"expected\" }}\n\n\
         [[step]]\nat = 8\n{}expect = {{ outcome = \"committed\" }}\n\n[[step]]\nat = 9\nrestart = true\n\n\
         [[expect]]\nmod = \"library\"\npath = \"count\"\nequals = 8\n\n[[expect]]\nmod = \"user\"\npath = \"calls\"\nequals = 8\n",
        write("local = 5"),
        write(library)
    );
    let record = Project::new()
        .lua_mod("library", "1.0.0", "", library)
        .lua_mod("user", "1.0.0", "[dependencies]\nlibrary = \"^1\"", user)
        .scenario(10, &["library", "user"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let names: Vec<&str> = record
        .left_out
        .iter()
        .map(|left_out| left_out.name.as_str())
        .collect();
    assert_eq!(names, ["library", "user"]);
}

#[test]
fn what_a_mod_emits_when_it_starts_late_is_heard() {
    let script = "colony.events.register('mod_loaded', function(event) if event.reason == 'start' then colony.events.emit('here') end end)\n\
                  colony.events.register('late:here', function() print('heard') end)\n";
    let steps = format!(
        "[[step]]\nat = 4\nwrite = {{ file = \"late/scripts/main.lua\", text = '''{script}''' }}\nexpect = {{ outcome = \"committed\" }}\n\n[[step]]\nat = 5\nrestart = true\n"
    );
    let record = Project::new()
        .lua_mod("late", "1.0.0", "", "error('not yet')")
        .scenario(8, &["late"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(log_by_tick(&record)[&4], ["heard"]);
}
