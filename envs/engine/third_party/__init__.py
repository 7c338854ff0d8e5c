"""Environment files that are not Ludus' own: compiled with checks until they have passed; mistakes are one line."""
