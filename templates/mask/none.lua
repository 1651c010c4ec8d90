-- Every query sees every key.
name = "none"
help = "every query sees every key"
sees = "true"
