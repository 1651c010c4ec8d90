-- A mask that is anything. A stride of 0 repeats it along an axis.
name = "boolean"
help = "booleans visible[head][query][key] say which keys a query sees"
arrays = { visible = array { boolean, head, query, key } }
sees = "visible[h][q][k]"
