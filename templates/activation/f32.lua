-- Floats are read and written as they are.
name   = "f32"
help   = "float"
stored = "float"
bits   = 32
code   = ""
vector = ""
