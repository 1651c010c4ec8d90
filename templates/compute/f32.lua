-- Every product and every sum in float, whatever K and V are stored as.
name    = "f32"
help    = "q, weights, and K and V as they are read, are floats"
pack    = 1
stored  = "float"
product = "vfma"
code    = ""
