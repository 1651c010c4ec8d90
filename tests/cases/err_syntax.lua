attention = {
  heads = = 8,
}
