"""Statistics of rows that add up: of tiles, parts and slices in any order, whoever made them."""
