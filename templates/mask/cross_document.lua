-- Packed documents where queries and keys are not the same tokens, as between a decoder and an encoder.
name = "cross_document"
help = "a query sees the keys of its document: integers q_doc[query] and k_doc[sequence][key] say which"
arrays = {
  q_doc = array { integer { min = -2147483647, max = 2147483647 }, query },
  k_doc = array { integer { min = -2147483647, max = 2147483647 }, sequence, key },
}
sees = "q_doc[q] == k_doc[b][k]"
