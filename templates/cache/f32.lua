-- K and V are kept as they come.
name = "f32"
help = "keys and values in 4 bytes each"
