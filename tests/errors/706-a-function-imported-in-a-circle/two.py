from one import train
