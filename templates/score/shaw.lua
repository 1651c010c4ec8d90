-- Relative keys (Shaw et al. 2018): the product of the query with a learned vector for the clipped distance, which the caller
-- computes for the few distances that there are, scaled as s is. The same for values is not part of a score.
name = "shaw"
help = "numbers relative[query][head][2 clip + 1], the scaled products of q with the vectors of distances -clip to clip, are added"
parameters = {
  { name = "clip", type = integer, min = 1, max = 4096, help = "distances farther off count as this" },
}
arrays = { relative = array { number, query, head, "2 * clip + 1" } }
changes = "s + relative[q][h][min(max(k - q, -clip), clip) + clip]"
