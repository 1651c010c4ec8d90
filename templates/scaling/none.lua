-- The frequencies as RoPE's paper has them.
name = "none"
help = "no scaling: base ^ (-2 i / dims)"
frequency = "return base ^ (-2 * i / dims)"
magnitude = "return 1"
