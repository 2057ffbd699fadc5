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

/// What a reload refuses because of what stands in the colony, a restart does not take over either: the mod that has changed is left
/// out, what it defined stays, and a change back lets it go on.
#[test]
fn a_restart_takes_over_nothing_that_a_reload_refuses() {
    let fence = |walk_cost: &str| {
        format!(
            "[fence]\nmaterials = {{ wood = 1 }}\nwork = 5\npurpose = \"structure\"\n{walk_cost}"
        )
    };
    let write = |text: &str| {
        format!("write = {{ file = \"fencer/assets/buildings.toml\", text = '''\n{text}''' }}\n")
    };
    let steps = format!(
        "[[step]]\nat = 100\n{}expect = {{ outcome = \"rolled_back\", error = \"building is of it\" }}\n\n\
         [[step]]\nat = 101\nrestart = true\nexpect = {{ outcome = \"failed\", error = \"building is of it\" }}\n\n\
         [[step]]\nat = 110\n{}expect = {{ outcome = \"committed\" }}\n\n\
         [[expect]]\nat = 99\nworld = \"buildings.fence\"\nequals = 1\n\n\
         [[expect]]\nat = 105\nworld = \"buildings.fence\"\nequals = 1\n\n\
         [[expect]]\nat = 120\nmod = \"fencer\"\npath = \"planned\"\nequals = 1\n",
        write(&fence("walk_cost = 2\n")),
        write(&fence("")),
    );
    let script = "colony.state.define({ planned = 0 })\n\
        colony.time.every('plan', 10, function()\n\
          if colony.storage.planned == 0 then\n\
            local site = colony.buildings.nearest_sites(1)[1]\n\
            colony.buildings.place('fence', site.x, site.y)\n\
            colony.storage.planned = 1\n\
          end\n\
        end)\n";
    let more = "capabilities = [\"buildings.write\"]\n[dependencies]\nbase = \"*\"";
    let record = Project::new()
        .lua_mod("fencer", "1.0.0", more, script)
        .file("mods/fencer/assets/buildings.toml", &fence(""))
        .scenario(120, &["fencer"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
}
