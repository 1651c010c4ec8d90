-- q and k are used as they come.
name = "none"
help = "no norm of a head's vector"
code = ""
