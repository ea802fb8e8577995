;; Turns the text that carries the package's module back into bytes, in place: a loop in JavaScript over so long a text runs for
;; several milliseconds before a browser has compiled it.
;;
;; At 0 stands what characters mean, as 16-bit numbers by their codes: a byte, or as 256 times its number a prefix. What
;; characters mean behind a prefix stands at that address.
(module
  (memory (export "memory") PAGES)
  (func (export "decode") (param $from i32) (param $end i32) (result i32)
    (local $to i32)
    (local $meanings i32)
    (local $meaning i32)
    (local.set $to (local.get $from))
    (loop $next
      (if (i32.lt_u (local.get $from) (local.get $end))
        (then
          (local.set $meaning
            (i32.load16_u
              (i32.add
                (local.get $meanings)
                (i32.shl (i32.load8_u (local.get $from)) (i32.const 1)))))
          (local.set $from (i32.add (local.get $from) (i32.const 1)))
          (if (i32.lt_u (local.get $meaning) (i32.const 256))
            (then
              (i32.store8 (local.get $to) (local.get $meaning))
              (local.set $to (i32.add (local.get $to) (i32.const 1)))
              (local.set $meanings (i32.const 0)))
            (else (local.set $meanings (local.get $meaning))))
          (br $next))))
    (local.get $to)))
