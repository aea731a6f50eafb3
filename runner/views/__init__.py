"""What people and machines see: observers of Events, and pictures of a Plan or a Run. Standard library only."""
