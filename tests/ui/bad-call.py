def area(width, height, scale=1.0):
    return width * height * scale


print(area(2.0))
print(area(2.0, 3.0, depth=1.0))
print(area(1.0, 2.0, 3.0, 4.0))
