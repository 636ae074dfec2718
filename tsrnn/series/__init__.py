"""Series as arrays: tables of decomposed series, and the windows that learners read from them."""
