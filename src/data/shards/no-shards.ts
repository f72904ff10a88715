/** Stands for what reads archives of samples in the engine of a page that trains, which opens none. */
function none(): never {
  throw new Error('never');
}

export {
  none as bufferedOrder,
  none as fileStarts,
  none as joinedShards,
  none as memberName,
  none as memberOf,
  none as memberPath,
};
