select range as person from range(20)
