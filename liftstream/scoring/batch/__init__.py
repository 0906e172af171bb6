"""A batch of rows: columns of numbers and words, the program that fills them, the prediction that comes out."""
