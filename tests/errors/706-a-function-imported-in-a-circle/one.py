from two import train
