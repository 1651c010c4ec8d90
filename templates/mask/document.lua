-- Documents packed one behind another: tokens see their own only. Ids that do not decrease let whole documents be passed over.
name = "document"
help = "a query sees the keys of its own document: integers doc[sequence][key] say which"
arrays = { doc = array { integer { min = -2147483647, max = 2147483647 }, sequence, key } }
sees = "doc[b][q] == doc[b][k]"
