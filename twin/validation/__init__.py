"""Does it hold? What a model learned on earlier days says of later ones, against what was measured on them."""
