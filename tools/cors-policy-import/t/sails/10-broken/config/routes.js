throw new Error('no routes today, the end of a line \\');
