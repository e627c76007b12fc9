//! Granted directories → schemas of the datasets in them, each opened once, within limits.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use ovenbird_compiler::schema::{Schema, SchemaProblem};

use crate::grants::{AccessError, Grants};
use crate::io::{Dataset, DatasetError, read_schema};
use crate::limits::{Ledger, LimitExceeded, Limits};

/// Datasets by path, as far as they were asked for.
pub(crate) struct Schemas<'a> {
    grants: &'a Grants,
    ledger: RefCell<Ledger>,
    /// Datasets opened for their schemas; handed to the run.
    datasets: RefCell<BTreeMap<String, Dataset>>,
    /// The first limit that was reached.
    limit: Cell<Option<LimitExceeded>>,
}

impl<'a> Schemas<'a> {
    pub(crate) fn new(grants: &'a Grants, limits: &Limits) -> Self {
        let ledger = RefCell::new(Ledger::new(limits.clone()));
        Schemas { grants, ledger, datasets: RefCell::default(), limit: Cell::default() }
    }

    /// The schema of a dataset.
    pub(crate) fn schema(&self, path: &str) -> Result<Arc<Schema>, SchemaProblem> {
        if let Some(known) = self.datasets.borrow().get(path) {
            return Ok(known.schema().clone());
        }
        match read_schema(self.grants, path, &mut self.ledger.borrow_mut()) {
            Ok((schema, dataset)) => {
                self.datasets.borrow_mut().insert(path.to_owned(), dataset);
                Ok(schema)
            }
            Err(error) => {
                if let DatasetError::Limit(limit) = &error {
                    self.limit.set(self.limit.get().or(Some(*limit)));
                }
                let denied = matches!(error, DatasetError::Access(AccessError::Denied { .. }));
                Err(SchemaProblem { denied, text: error.to_string() })
            }
        }
    }

    /// The limit that kept a dataset from being read, if one did.
    pub(crate) fn limit(&self) -> Option<LimitExceeded> {
        self.limit.get()
    }

    /// The datasets that were opened.
    pub(crate) fn into_datasets(self) -> BTreeMap<String, Dataset> {
        self.datasets.into_inner()
    }
}
