"use strict"; function train(){} 
