throw new Error('the end of a line \\');
