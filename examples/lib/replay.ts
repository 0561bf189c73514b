console.log('temporary')
