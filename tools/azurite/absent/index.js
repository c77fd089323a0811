class Model {}
module.exports = { Model };
