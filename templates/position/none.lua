-- q and k are used as they come.
name = "none"
help = "no positions inside the attention"
code = ""
