"""Rules meet evidence. Pure Python; knows neither the analyses nor the program folder."""
