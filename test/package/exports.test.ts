import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

/**
 * What the built package exports, entrance by entrance; the first has what the other portable ones have as well. A name that
 * comes or goes changes the public interface: whoever writes it here writes it into the changelog, too.
 */
const expected: Readonly<Record<string, { readonly values: string; readonly types: string }>> = {
  '.': {
    values: `
      AggregatedBottleneck BasicBlock Block Bottleneck CardinalError CifarResNet CompiledModel ConvNeXt EfficientNet
      EfficientNetV2 MnasNet MobileNetV2 MobileNetV3 Module RegNet ShuffleNetV2 UnreadableError XceptionAligned activations pathContributions
      DeviceLostError DisposedError EarlyConcatBottleneck F InceptionResnetV2 InceptionV4 KuangliuResNeXt MobileNetV1
      QueueFullError ResNet ReviewResNeXt Rng UsageError Xception compile computeGradients convertForm createModel
      familyOf gradientNorms init listModels modelInfo nn ownLoss resnext resnext101_32x4d resnext101_32x8d resnext101_64x4d
      resnext50_32x4d resnextCifar trace writeWeights`,
    types: `
      ActivationsOptions BlockContributions PathContribution PathContributions PathContributionsOptions PathProgress
      CifarResNetOptions CompileOptions ConvNeXtOptions ConvNeXtShape EfficientNetOptions EfficientNetV2Options
      Form GivenOptions GradientNorms GradientOptions Gradients LayerGradient MnasNetOptions MobileNetV2Options MobileNetV3Options RegNetOptions
      RegNetShape ShuffleNetV2Options XceptionAlignedOptions
      InceptionResnetV2Options InceptionV4Options KuangliuResNeXtOptions MobileNetV1Options ModelInfo
      ModelOptions Output OwnLoss Pictures ResNeXtOptions ResNetOptions ReviewOptions Shape Shortcut StateDict
      TensorData Value XceptionOptions`,
  },
  './backends': {
    values: `
      batchesOf createReferenceBackend createWasmBackend formatPlan listPlan plainTarget planInference planTimeline
      planTraining unsharedKernels`,
    types: `
      Backend BatchSize ByEntry BufferRole Communicator DisposeOptions Entry Graph InferencePlanOptions KernelUse LossPlan MultiplyAdd
      NativeLibrary Node NodeOf Numerics OpName OpTable Order Plan PlanBuffer PlanListing PlanTimeline Program Reduction Role
      Step Target TimedBuffer TimedStep Traced TrainingPlanOptions WasmBackendOptions`,
  },
  './cost': {
    values: `
      bottleneckLayers bottleneckParameters cardinalityTradeoff costBreakdown costOf costSummary costTree countModel
      countSeparable equalCostTemplates receptiveField separableRatio summary toDepthwiseLimit`,
    types: `
      Convention CostBreakdown CostEdge CostNode CostTemplate CostUnit CountedBlock KindCost LayerCost ModelCount
      PartCost ReceptiveField SeparableCost SeparableShape SummaryOptions Template TemplateOptions Tradeoff TradeoffOptions`,
  },
  './data': {
    values: `
      augmentationNamed augmentationNames balancedSubset defaultAugmentation defaultPreprocessing
      fitPicture imagenetPreprocessing imagenetStatistics leftOutLine ownData pictureDataset preprocess
      preprocessingSchema readPretrainedConfig splitByClass subset`,
    types: `
      AugmentFunction Augmentation AugmentationInput AugmentationName Batch BatchLoader Dataset FloatPicture HeldOut LabelRecord LeftOut
      LeftOutKind Mix MixInput OwnDataOptions OwnPictures OwnSample OwnStream OwnTensor Picture PictureDataset PictureLimitOptions PictureLimits PictureRecord
      PictureSource Preprocessing PretrainedConfig Splits Targets Task`,
  },
  './isolate': { values: 'isolate', types: 'IsolateOptions Isolation' },
  './node': {
    values: `
      Classifier InUseError LockLostError RunFolder capabilities channelStatistics checkPictures
      createBackend createLoader exportHtml fetchFromHub fitPreprocessing loadClassifier loadPicture loadTrained
      loadWeights openData openLoaders picturesToEvaluate readPicture recordOf resolveHub saveTemperature saveWeights
      trainOn verify`,
    types: `
      BatchingOptions ExplainOptions Explanation FeaturesOptions ForwardOptions LayersOptions Occlusion OcclusionOptions
      OverlayOptions PathsOptions PicturePaths Times
      Capabilities ChannelStatistics Check CheckResult Classification Classified ClassifiedPicture CreateBackendOptions
      ClassifierOptions ClassifyManyOptions ClassifyOptions DataKind EncodedPicture EvaluatedSplit
      EvaluatedWeights ExportHtmlOptions HubFile HubOptions HubProgress HubWeights LoadIntoOptions LoadOptions
      LoaderOptions NamedModel NodeBackendOptions OpenData OpenOptions OpenRunOptions PictureInput
      PictureInputs PicturesToEvaluate RunEvaluation TrainOnOptions Trained TrainedOn
      SaveTemperatureOptions TrainingLoaderOptions UnreadablePicture Verification VerifyRunOptions`,
  },
  './serve': {
    values: 'ServeError ServedModels createServer mount startGrpc',
    types:
      'ConnectionLimits GrpcAddress LoggerOptions ModelAbout ModelSource MountOptions RunningGrpc ServeLimits ServedModel ServerOptions TlsOptions',
  },
  './studio': {
    values: `
      Kept Training VERSION calibrated connect endIn exampleName exampleStays noPart portOf portOfLine readPart
      recordsIn serve settingsOf studioHandlers tooLarge trainedFrom`,
    types: `
      Call Channel ChannelPort CutOff DataCheck DataDescription ExportFormat ExportSizes ExportedFile Filters
      FormsFound GradientLook GroupTimes GroupsQuery Handlers HtmlFacts HtmlFiles HtmlNetworks InsideBlock InsideConvolution InsideLayer
      InsideNetwork Judged LayerMaps Line ListedPicture MakeProgress MessageLine MetricsCursor MetricsPart
      PathShares PictureAnswer PictureExplained PictureRef Pixels RegionSeen RunCurves RunState
      ShortcutsFound SplitName StudioAbout StudioClassifier StudioItem StudioPlatform StudioRuns
      StudioService TrainRequest TrainingDirections UploadedClass`,
  },
  './train': {
    values: `
      calibrate evaluate findMislabels findRecipe fit learningRateAt networkOf parseCheckpoint patience prepareInference
      probabilitiesOf recipeSchema recipes reliabilityOf topGuesses train withOverrides`,
    types: `
      Calibration Mislabel Mislabels Reliability ReliabilityBin
      AskedLoss LabelScores Loss NumberErrors NumberScores TaskScores
      Checkpoint CheckpointKind CheckpointStore Conditions Description EndEvent EpochEvent EpochRecord
      EvaluateOptions Evaluation Guess ModelDescription Network OptimizerSpec PlatformConditions
      Progress Recipe RecipeOverrides Schedule StartEvent StepEvent StopRule TrainEvent LoopOptions
      TrainResult TrainingState`,
  },
  './web': {
    values: `
      Classifier InUseError LockLostError createBackend deleteRun exportRun importRun listRuns loadClassifier
      loadPicture openPictures persistRuns readMetrics readPicture trainOn`,
    types: `
      DirectoryHandleLike PageFile PageFiles PageFolders PicturesSource
      ExportOptions ImportOptions MetricsOptions MetricsRecord RunSummary RunsOptions
      ClassMap ExplainOptions FeaturesOptions LayersOptions OcclusionMap OcclusionOptions PathsOptions PicturePaths
      Classification ClassifiedPicture ClassifierOptions ClassifyManyOptions ClassifyOptions LoadProgress NamedModel
      ScriptUrls Scripts TrainOnOptions TrainedOn WeightsInput WebBackend WebBackendOptions WebPictureInput WebPictureInputs`,
  },
  './weights': {
    values: `
      bytesSource decodeTensor encodeTensor exportOnnx fittingModels headOf loadTensors nameMaps
      openArchive pytorchParts readSafetensors readTensors safetensorsParts unwrap writeSafetensors`,
    types: `
      ByteSource Dtype Fit LoadWeightsOptions LoadedWeights NameMap OnnxExportOptions RawTensor
      SafetensorsFile TensorArchive TensorEntry Unreadable Unwrapped`,
  },
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
};
const entrances = Object.entries(exports).flatMap(([subpath, files]) =>
  typeof files === 'string'
    ? []
    : [{ subpath, types: join(root, files.types), code: join(root, files.default) }],
);
const program = ts.createProgram(
  entrances.map(({ types }) => types),
  { module: ts.ModuleKind.NodeNext, types: [], noLib: true },
);

/** Entrances of one platform: what does the same there is called the same; and that of the studio's page. */
const platforms = ['./isolate', './node', './serve', './studio', './web'];
const portable = Object.entries(expected).flatMap(([subpath, names]) =>
  platforms.includes(subpath) ? [] : [names],
);

test('there are these entrances, and each has names of its own', () => {
  expect(entrances.map(({ subpath }) => subpath)).toEqual(Object.keys(expected));
  for (const platform of platforms) {
    const names = [...portable, expected[platform]].flatMap(({ values, types }) =>
      words(`${values} ${types}`),
    );
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  }
});

test.each(entrances)('$subpath exports these names', async ({ subpath, types, code }) => {
  const wanted = subpath === '.' ? portable : [expected[subpath]];
  const values = Object.keys((await import(pathToFileURL(code).href)) as object);
  expect(values.sort()).toEqual(wanted.flatMap((names) => words(names.values)).sort());
  const declared = declaredIn(types).filter((name) => !values.includes(name));
  expect(declared.sort()).toEqual(wanted.flatMap((names) => words(names.types)).sort());
});

function declaredIn(path: string): string[] {
  const file = program.getSourceFile(path);
  const checker = program.getTypeChecker();
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${path} is no module`);
  return checker.getExportsOfModule(module).map(({ name }) => name);
}

function words(list: string): string[] {
  return list.split(/\s+/).filter((word) => word !== '');
}
