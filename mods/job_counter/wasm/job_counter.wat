;; How many jobs were done: { done = 7 }. A core module whose imports and exports are named as in colony.wit; the host makes a component
;; of it. Types are those of the canonical ABI: a text is its address and its length, an option begins with 0 or 1, and what does not fit
;; into one result is written to an address that the caller gives or that the function returns.
(module
  ;; register: func(name: string, handler: u32, options: option<handler-options>) -> result<_, error>
  (import "colony:modding/events@1.0.0" "register" (func $register
    (param $name i32) (param $name_length i32) (param $handler i32)
    (param $options i32)
    (param $has_key i32) (param $key i32) (param $key_length i32)
    (param $has_priority i32) (param $priority i64)
    (param $has_enabled i32) (param $enabled i32)
    (param $result i32)))

  ;; define: func(defaults: list<tuple<string, tree>>) -> result<_, error>
  (import "colony:modding/state@1.0.0" "define" (func $define
    (param $defaults i32) (param $count i32) (param $result i32)))

  (memory (export "memory") 1)

  ;; 0: results; 64: what `save` gives back.
  (data (i32.const 128) "job_completed")
  (data (i32.const 144) "done")
  ;; The defaults: a pair of the text at 144 and the tree at 192, which has one node.
  (data (i32.const 160) "\90\00\00\00" "\04\00\00\00" "\c0\00\00\00" "\01\00\00\00")
  ;; The tree of the number: its kind, 1 for a whole number, and after eight bytes the number.
  (data (i32.const 192) "\01\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00")
  ;; The tree of the state: a table with one name, kind 5, and the number again.
  (data (i32.const 208) "\05\00\00\00\00\00\00\00" "\f0\00\00\00" "\01\00\00\00")
  (data (i32.const 224) "\01\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00")
  ;; The names of the table: the text at 144.
  (data (i32.const 240) "\90\00\00\00" "\04\00\00\00")

  ;; The state. It is gone with the instance, so the host is given it after each call and gives it back to the next instance.
  (global $done (mut i64) (i64.const 0))
  (global $changed (mut i32) (i32.const 0))

  ;; Where the host puts what it hands over: from 4096 on, anew in each call.
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $alignment i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at
      (i32.and
        (i32.sub (i32.add (global.get $free) (local.get $alignment)) (i32.const 1))
        (i32.sub (i32.const 0) (local.get $alignment))))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))

  ;; Gives up if the last call was refused: a result begins with 0 if all is well, with 1 before an error.
  (func $check
    (if (i32.load8_u (i32.const 0)) (then (unreachable))))

  (func (export "colony:modding/entry@1.0.0#load")
    (call $define (i32.const 160) (i32.const 1) (i32.const 0))
    (call $check)
    (call $register
      (i32.const 128) (i32.const 13) (i32.const 1)
      (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i64.const 0)
      (i32.const 0) (i32.const 0)
      (i32.const 0))
    (call $check)
    (global.set $free (i32.const 4096)))

  ;; handle: func(handler: u32, event: job-completed-event), with the fields of the record one after the other
  (func (export "colony:modding/on-job-completed@1.0.0#handle")
    (param $handler i32) (param $tick i64)
    (param $id i64) (param $kind i32) (param $kind_length i32) (param $priority i64) (param $x i64) (param $y i64)
    (param $has_colonist i32) (param $colonist i64)
    (param $has_item i32) (param $item i32) (param $item_length i32)
    (global.set $done (i64.add (global.get $done) (i64.const 1)))
    (global.set $changed (i32.const 1))
    (global.set $free (i32.const 4096)))

  ;; save: func() -> option<tree>
  (func (export "colony:modding/kept-state@1.0.0#save") (result i32)
    (i32.store8 (i32.const 64) (global.get $changed))
    (i32.store (i32.const 68) (i32.const 208))
    (i32.store (i32.const 72) (i32.const 2))
    (i64.store (i32.const 232) (global.get $done))
    (global.set $changed (i32.const 0))
    (i32.const 64))

  ;; restore: func(state: tree). The table's node comes first, the number after it.
  (func (export "colony:modding/kept-state@1.0.0#restore") (param $nodes i32) (param $count i32)
    (global.set $done (i64.load offset=24 (local.get $nodes)))
    (global.set $free (i32.const 4096))))
