throw new Error('no routes today');
