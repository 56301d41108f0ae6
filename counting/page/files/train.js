"use strict"; function train(){} 
const steps_per_epoch = (tokens, B, T) => Math.floor(Math.floor((tokens - 1) / B) / T); function same_bits(){return false} function read_text(){}
