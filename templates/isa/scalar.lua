-- Plain C, one float at a time: works everywhere, and says what the vector operations mean.
name      = "scalar"
help      = "plain C for any CPU"
lanes     = 1
registers = 16
supported = "1"
code = ""
